"""Alerts: what somebody must look at, told once to whoever asked for it.

What is open is read from the warehouse (`facts.py`) and kept in `audit.alerts` (`store.py`); who is
told of what is a file of the province (`recipients.py`); one message a recipient and look
(`message.py`).
"""
