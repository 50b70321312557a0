"""Programs for maintainers, such as those that make the pictures of the documentation."""
