"""The program: configuration, the application, the command line, what runs in the background."""
