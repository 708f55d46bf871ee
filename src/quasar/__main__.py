"""`python -m quasar`: the command line without the script on the path."""

from quasar.cli.entry import main

if __name__ == "__main__":
    main()
