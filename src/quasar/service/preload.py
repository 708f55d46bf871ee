"""Imported by the fork server, once: everything a worker needs is then there when it is forked."""

from quasar.service.worker import warm_up

warm_up()
