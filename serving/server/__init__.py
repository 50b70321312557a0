"""An HTTP server with the REST API of TensorFlow Serving, and a page to try the model: see __main__.py."""
