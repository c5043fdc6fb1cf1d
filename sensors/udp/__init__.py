"""Transports of the wires that travel in UDP datagrams; their codecs are in `sensors.wires`."""

from sensors.udp.datagrams import PRIVATE, Datagrams, listen
from sensors.udp.echonet_controller import EchonetController
from sensors.udp.uecs_node import UecsNode

__all__ = ["PRIVATE", "Datagrams", "EchonetController", "UecsNode", "listen"]
