"""What every shell needs to be watched while it runs: histograms, stages, metrics text, logs, use of the machine."""
