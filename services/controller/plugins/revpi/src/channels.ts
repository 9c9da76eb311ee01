import type { ChannelDefinition, Conversion } from '@webmacs/plugin-sdk'
import type { RevPiConfig, Scaling } from './config.ts'
import { rangeOf } from './image-codec.ts'
import type { ProcessVariable } from './pictory.ts'

export const channelId = ({ module, name }: ProcessVariable): string => `${module}__${name}`

export function channelOf(variable: ProcessVariable, { scalings }: RevPiConfig): ChannelDefinition {
  const scaling = scalings.find(({ name }) => name === variable.name)
  const { minimum, maximum } = rangeOf(variable)
  const ends = [minimum, maximum].map((raw) => (scaling === undefined ? raw : raw * scaling.scale + scaling.offset))
  const conversion = conversionOf(scaling)
  return {
    id: channelId(variable),
    name: `${variable.module} / ${variable.name}`,
    direction: variable.direction,
    unit: scaling?.unit ?? unitOf(variable),
    minValue: Math.min(...ends),
    maxValue: Math.max(...ends),
    dataType: dataTypeOf(variable, scaling),
    readConversion: conversion,
    writeConversion: conversion,
    simulation: { profile: 'step', base: 0.5, amplitude: 0.5, periodSeconds: 7 },
    ...(variable.direction === 'output' && {
      safeValue: Math.min(Math.max(0, Math.min(...ends)), Math.max(...ends)),
      readback: true,
    }),
  }
}

const conversionOf = (scaling: Scaling | undefined): Conversion =>
  scaling === undefined ? { type: 'none' } : { type: 'linear', scale: scaling.scale, offset: scaling.offset }

const dataTypeOf = ({ bits }: ProcessVariable, scaling: Scaling | undefined): 'bool' | 'int' | 'float' => {
  if (bits === 1) return 'bool'
  return scaling === undefined ? 'int' : 'float'
}

/** As its comment says, where it says anything. */
function unitOf({ comment, bits }: ProcessVariable): string {
  const words = comment.toLowerCase()
  if (words.includes('temp')) return '°C'
  if (words.includes('volt')) return 'V'
  if (words.includes('current') || words.includes('ampere')) return 'mA'
  return bits === 1 ? 'bool' : 'raw'
}

const EXAMPLE_COUNT = 14

/** What demo mode shows on a machine that is no Revolution Pi: a module with fourteen digital inputs and outputs. */
export const EXAMPLE_VARIABLES: readonly ProcessVariable[] = (['input', 'output'] as const).flatMap((direction) =>
  Array.from({ length: EXAMPLE_COUNT }, (_, index) => ({
    name: `${direction === 'input' ? 'I' : 'O'}_${index + 1}`,
    direction,
    module: 'RevPi DIO',
    byte: (direction === 'input' ? 0 : 70) + Math.floor(index / 8),
    bit: index % 8,
    bits: 1,
    isSigned: false,
    comment: '',
  })),
)
