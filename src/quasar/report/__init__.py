"""What a user is shown of a result: pictures, and the folder to take away."""
