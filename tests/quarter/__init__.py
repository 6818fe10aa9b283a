"""A simulated quarter: forty drivers, six accounts, thirteen weeks, run through the jobs of the product."""
