"""Circuits on devices: layout, routing, choice by estimated success, proof of equivalence."""
