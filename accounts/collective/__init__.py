"""Collective mutations: select, preview, confirm, run, prove, undo. One module for each of these."""
