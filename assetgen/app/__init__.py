"""The composition root: each verb as a plain function; the only part that knows everybody."""
