"""The pytest plugin: collects `*.test.contract` files."""
