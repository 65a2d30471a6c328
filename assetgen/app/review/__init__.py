"""A review: decisions and builds in one queue behind a page; knows no route."""
