"""The scenes of the built-in benchmark, in the order of their ids."""

from __future__ import annotations

from runners.demo.scene import Scene
from runners.demo.scenes.bouncing_balls import BouncingBalls
from runners.demo.scenes.dam_break import DamBreak
from runners.demo.scenes.dominoes import Dominoes
from runners.demo.scenes.floating_magnets import FloatingMagnets
from runners.demo.scenes.incline import Incline
from runners.demo.scenes.newtons_cradle import NewtonsCradle
from runners.demo.scenes.pendulum import Pendulum
from runners.demo.scenes.poured_beads import PouredBeads
from runners.demo.scenes.swinging_lamp import SwingingLamp
from runners.demo.scenes.wax_pins import WaxPins

SCENES: tuple[Scene, ...] = (
    BouncingBalls(),
    Pendulum(),
    NewtonsCradle(),
    Dominoes(),
    Incline(),
    PouredBeads(),
    DamBreak(),
    SwingingLamp(),
    WaxPins(),
    FloatingMagnets(),
)
