"""What people see in a browser; the page's TypeScript source lies in studio/ at the root."""
