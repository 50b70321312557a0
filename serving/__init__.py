"""The model after the push: scoring of texts and files, the HTTP server and its clients."""
