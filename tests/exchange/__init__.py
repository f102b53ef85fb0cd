"""Tests of the exchange: how history comes in."""
