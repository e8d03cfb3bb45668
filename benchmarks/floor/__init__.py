"""The floor: the measured answers by hand, as quick as they honestly get in Python.

It is what the product is measured against, and no product: it knows the measured documents
and nothing else. Whatever a product must do for them it does too: the token is verified and
the user looked up at each request, rights are checked, an allocation is decided under the
account's lock and recorded.
"""
