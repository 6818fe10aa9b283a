"""Billing: from facts to charges, drafts, posted invoices, payments and what has to be put right later."""
