"""The table of CRC-16/ARC, the checksum of P1 (DSMR 5.0.2 clause 6.2). A module of its own, as only P1 needs it."""
from .tables import checksums

ARC = checksums(0xA001)
