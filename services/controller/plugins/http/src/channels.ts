import { type ChannelDefinition, ConfigError, parseValuePath, type ValuePath } from '@webmacs/plugin-sdk'
import type { ChannelConfig, HttpConfig, OutputConfig } from './config.ts'
import { urlOf } from './json-client.ts'

/** Where a channel's value is read. */
export interface Source {
  readonly id: string
  readonly path: string
  readonly valuePath: ValuePath
}

/** Everything that can be read: the channels, and the outputs that can be asked. */
export function sourcesOf({ channels, outputs }: HttpConfig): Source[] {
  return [
    ...channels.map(({ id, path, value_path }) => ({ id, path, valuePath: valuePathOf(id, value_path) })),
    ...outputs.filter(canBeAsked).map(({ id, read_path, value_path }) => ({
      id,
      path: read_path,
      valuePath: valuePathOf(id, value_path),
    })),
  ]
}

const canBeAsked = ({ read_path }: OutputConfig): boolean => read_path !== ''

/** @throws ConfigError naming the channel that cannot be */
export function channelsOf(config: HttpConfig): ChannelDefinition[] {
  if (
    config.base_url
      .replace(/^https?:\/\//, '')
      .split(/[/?#]/)[0]
      ?.includes('@')
  )
    throw new ConfigError('credentials do not belong into the base address, but into the fields of the login')
  for (const { path } of [...sourcesOf(config), ...config.outputs]) urlOf(config.base_url, path)
  const definitions = [
    ...config.channels.map((channel) => ({ ...common(channel), direction: 'input' as const })),
    ...config.outputs.map((output) => ({
      ...common(output),
      direction: 'output' as const,
      readback: canBeAsked(output),
      ...(output.safe_value === undefined ? {} : { safeValue: output.safe_value }),
    })),
  ]
  if (definitions.length === 0) throw new ConfigError('there is neither a channel nor an output')
  return definitions
}

function common({ id, name, data_type, unit, min, max, scale, offset }: ChannelConfig | OutputConfig) {
  if (scale === 0) throw new ConfigError(`channel "${id}": the scale must not be 0`)
  const isBool = data_type === 'bool'
  const conversion = { type: 'linear', scale, offset } as const
  return {
    id,
    name: name.trim() === '' ? id : name,
    unit: isBool && unit === '1' ? 'bool' : unit,
    dataType: data_type,
    minValue: isBool ? 0 : min,
    maxValue: isBool ? 1 : max,
    ...(isBool ? {} : { readConversion: conversion, writeConversion: conversion }),
    simulation: isBool
      ? ({ profile: 'step', base: 0.5, amplitude: 0.5, periodSeconds: 20 } as const)
      : ({ profile: 'sine_wave', base: (min + max) / 2, amplitude: Math.abs(max - min) / 4 } as const),
  }
}

function valuePathOf(id: string, text: string): ValuePath {
  const path = parseValuePath(text)
  if (path === undefined)
    throw new ConfigError(`channel "${id}": the value path "${text}" is neither like a[0].b nor a JSON pointer`)
  return path
}
