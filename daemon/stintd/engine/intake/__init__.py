"""Turns signals into stored evidence: decides what is recorded, where it belongs, and whose session it is. May use every
package of the engine."""
