"""A seeded simulator: people, a spreadsheet, a workbook, a network and crashes, around the product's own merge, plan
and journal. One seed is one history; the same seed is always the same history.
"""
