import { Alert, Table } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import type { ChannelDescription, ChannelValue, PluginTestResult } from '@webmacs/contracts'
import { useEffect, useRef } from 'react'
import { Failure } from '../../components/failure.tsx'
import { decimalsFor, formatValue } from '../../lib/format.ts'
import { QualityMarkLabel } from '../signals/quality-mark.tsx'
import { qualityMarks } from '../signals/quality-marks.ts'
import classes from './devices.module.css'

interface ConnectionTestProps {
  readonly result: PluginTestResult | undefined
  readonly error: Error | null
  /** What was tested is not what the form says now. */
  readonly isOutdated: boolean
}

/** What came of the last try to reach the device. */
export function ConnectionTest({ result, error, isOutdated }: ConnectionTestProps) {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // The button stands at the foot of the screen: what came of it may lie below.
    if (result !== undefined || error !== null) box.current?.scrollIntoView({ block: 'nearest' })
  }, [result, error])
  return (
    <div aria-live="polite" className={classes.outcome} ref={box}>
      {error !== null && <Failure title="The connection could not be tested" error={error} />}
      {error === null && result !== undefined && (
        <Alert
          color={result.ok ? 'green' : 'red'}
          variant="outline"
          bg="var(--mantine-color-body)"
          icon={result.ok ? <IconCircleCheck aria-hidden /> : <IconAlertTriangle aria-hidden />}
          title={headline(result, isOutdated)}
          styles={{ title: { color: 'var(--mantine-color-text)' } }}
        >
          {result.ok ? <Readings result={result} /> : (result.message ?? 'The device does not answer.')}
        </Alert>
      )}
    </div>
  )
}

function headline({ ok, duration_ms, channels }: PluginTestResult, isOutdated: boolean): string {
  const outdated = isOutdated ? ' – the form was changed since' : ''
  if (!ok) return `The device could not be reached${outdated}`
  return `Connected in ${Math.round(duration_ms)} ms, ${channels.length} channels${outdated}`
}

function Readings({ result }: { readonly result: PluginTestResult }) {
  const values = new Map(result.values.map((value) => [value.channel_id, value]))
  return (
    <Table.ScrollContainer minWidth="24rem" maxHeight="24rem" scrollAreaProps={{ tabIndex: 0 }}>
      <Table verticalSpacing={4} fz="sm" aria-label="Channels and what they show">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Channel</Table.Th>
            <Table.Th>Value</Table.Th>
            <Table.Th>Quality</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {result.channels.map((channel) => (
            <Reading key={channel.id} channel={channel} reading={values.get(channel.id)} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

interface ReadingProps {
  readonly channel: ChannelDescription
  readonly reading: ChannelValue | undefined
}

function Reading({ channel, reading }: ReadingProps) {
  const value = reading?.value ?? undefined
  const marks = qualityMarks(reading?.quality ?? [])
  return (
    <Table.Tr>
      <Table.Td>{channel.name}</Table.Td>
      <Table.Td>
        {value === undefined
          ? '—'
          : `${formatValue(value, decimalsFor(channel.max_value - channel.min_value))} ${channel.unit}`}
      </Table.Td>
      <Table.Td>
        {marks.length === 0 && value !== undefined && 'Good'}
        {marks.map((mark) => (
          <QualityMarkLabel key={mark.text} mark={mark} isShort={false} />
        ))}
      </Table.Td>
    </Table.Tr>
  )
}
