"""What the clients are made of: the shared loop, sessions, links to servers. Private to the package."""
