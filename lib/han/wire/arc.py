"""The table of CRC-16/ARC, the checksum of P1 (DSMR 5.0.2 clause 6.2)."""
from .tables import checksums

ARC = checksums(0xA001)
