import { ActionIcon, Alert, Button, Skeleton, Text, TextInput } from '@mantine/core'
import { IconAdjustments, IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { Event, PluginInstance } from '@webmacs/contracts'
import { useMemo, useState } from 'react'
import { useServices } from '../../app/services.ts'
import { Section } from '../../components/section.tsx'
import { useMay } from '../auth/use-may.ts'
import { OutputControl } from '../commands/output-control.tsx'
import { OutputGhost } from '../commands/output-ghost.tsx'
import { outputShape } from '../commands/output-shape.ts'
import { type OutputHandle, useOutput } from '../commands/use-output.ts'
import { eventsQuery } from '../signals/queries.ts'
import { ChannelDrawer } from './channel-drawer.tsx'
import { type ChannelRow, channelRows, isOutput } from './channel-rows.ts'
import { ChannelValueText } from './channel-value.tsx'
import classes from './devices.module.css'
import { valuesQuery } from './queries.ts'

/** So many rows are drawn at once; a device may have 1500. */
const ROWS_AT_ONCE = 100
const SEARCHED_FROM = 12

/** The channels of a device: what each shows, what it is linked to, and what it can be set to. */
export function ChannelList({ instance }: { readonly instance: PluginInstance }) {
  const { client } = useServices()
  const isRead = instance.enabled && instance.driven_by === 'controller'
  const values = useQuery({ ...valuesQuery(client, instance.public_id), enabled: isRead })
  const events = useQuery(eventsQuery(client))
  const [wanted, setWanted] = useState('')
  const [opened, setOpened] = useState<string>()
  const rows = channelRows(instance, isRead ? values.data?.channels : undefined)
  const shown = rows.filter(({ id, name }) => `${id} ${name}`.toLowerCase().includes(wanted.trim().toLowerCase()))
  const eventOf = useMemo(
    () => new Map((events.data ?? []).map((event) => [event.public_id as string, event])),
    [events.data],
  )
  const lists = [
    { title: 'Inputs', rows: shown.filter((row) => !isOutput(row)) },
    { title: 'Outputs', rows: shown.filter(isOutput) },
  ]
  const openRow = rows.find(({ id }) => id === opened)
  if (isRead && rows.length === 0 && values.isPending) return <Skeleton height="18rem" radius="md" />
  return (
    <>
      {isRead && values.error !== null && (
        <Alert color="yellow" variant="light" title="Live values are not available" role="status">
          {values.error.message}
        </Alert>
      )}
      {(values.data?.overruns ?? 0) > 0 && (
        <Text fz="sm" c="dimmed">
          {values.data?.overruns} sampling cycles were left out because the device took too long.
        </Text>
      )}
      {rows.length >= SEARCHED_FROM && (
        <TextInput
          aria-label="Find a channel"
          placeholder="Find a channel"
          leftSection={<IconSearch size="1rem" aria-hidden />}
          maw="24rem"
          value={wanted}
          onChange={({ target }) => setWanted(target.value)}
        />
      )}
      {rows.length === 0 && (
        <Text c="dimmed">
          {isRead
            ? 'The device has no channels under this configuration.'
            : 'No channels are known while nobody reads the device.'}
        </Text>
      )}
      {lists.map(
        (list) =>
          list.rows.length > 0 && (
            <Rows key={list.title} {...list} instance={instance} eventOf={eventOf} onOpen={setOpened} />
          ),
      )}
      <ChannelDrawer
        key={opened}
        instance={instance}
        row={openRow}
        events={events.data ?? NO_EVENTS}
        onClose={() => setOpened(undefined)}
      />
    </>
  )
}

const NO_EVENTS: readonly Event[] = []

interface RowsProps {
  readonly title: string
  readonly rows: readonly ChannelRow[]
  readonly instance: PluginInstance
  readonly eventOf: ReadonlyMap<string, Event>
  readonly onOpen: (channelId: string) => void
}

function Rows({ title, rows, instance, eventOf, onOpen }: RowsProps) {
  const [limit, setLimit] = useState(ROWS_AT_ONCE)
  const mayChange = useMay('PUT /api/v1/plugins/{id}/channels/{mapping}')
  const maySet = useMay('POST /api/v1/commands')
  const isDriven = instance.enabled && instance.driven_by === 'controller'
  return (
    <Section title={title}>
      <ul className={classes.rows} aria-label={title}>
        {rows.slice(0, limit).map((row) => {
          const event = eventOf.get(row.mapping?.event_public_id ?? '')
          const common = { row, event, onOpen: mayChange ? () => onOpen(row.id) : undefined }
          return isOutput(row) && isDriven && maySet && row.now !== undefined ? (
            <OutputRow key={row.id} {...common} instance={instance} now={row.now} />
          ) : (
            <PlainRow key={row.id} {...common} />
          )
        })}
      </ul>
      {rows.length > limit && (
        <Button variant="default" size="xs" onClick={() => setLimit(limit + ROWS_AT_ONCE)}>
          Show more ({rows.length - limit})
        </Button>
      )}
    </Section>
  )
}

interface RowProps {
  readonly row: ChannelRow
  readonly event: Event | undefined
  /** Undefined: one may not change it. */
  readonly onOpen: (() => void) | undefined
}

function PlainRow({ row, event, onOpen }: RowProps) {
  return (
    <li className={classes.row} data-absent={row.isGone || undefined}>
      <ChannelName row={row} />
      <div className={classes.value}>
        <ChannelValueText row={row} />
      </div>
      <LinkedEvent row={row} event={event} />
      <SettingsButton row={row} onOpen={onOpen} />
    </li>
  )
}

interface OutputRowProps extends RowProps {
  readonly instance: PluginInstance
  readonly now: NonNullable<ChannelRow['now']>
}

function OutputRow({ row, event, onOpen, instance, now }: OutputRowProps) {
  const output: OutputHandle = useOutput({ instance_public_id: instance.public_id, channel_id: row.id })
  const shape = outputShape({
    min: now.min_value,
    max: now.max_value,
    unit: row.unit,
    isTwoState: now.data_type === 'bool',
    isInteger: now.data_type === 'int',
    labels: event?.value_labels ?? null,
    policy: row.mapping?.settings.output,
  })
  const value = now.value ?? undefined
  return (
    <li className={classes.row} data-output>
      <ChannelName row={row} />
      <div className={classes.value}>
        <ChannelValueText row={row} shape={shape} />
        <OutputGhost state={output.state} value={value} shape={shape} />
      </div>
      <LinkedEvent row={row} event={event} />
      <div className={classes.control}>
        <OutputControl name={row.name} shape={shape} value={value} output={output} />
      </div>
      <SettingsButton row={row} onOpen={onOpen} />
    </li>
  )
}

function ChannelName({ row }: { readonly row: ChannelRow }) {
  return (
    <div>
      <h3 className={classes.channel}>{row.name}</h3>
      <p className={classes.muted}>
        {row.id}
        {row.direction === 'bidirectional' && ' · read and set'}
        {row.isGone && ' · the device does not have it any more'}
      </p>
    </div>
  )
}

function LinkedEvent({ row, event }: Omit<RowProps, 'onOpen'>) {
  const id = row.mapping?.event_public_id
  if (id === null || id === undefined) return <div className={`${classes.event} ${classes.muted}`}>Not linked</div>
  return (
    <div className={classes.event}>
      <span className={classes.muted}>Event: </span>
      {event?.name ?? id}
    </div>
  )
}

function SettingsButton({ row, onOpen }: Omit<RowProps, 'event'>) {
  if (onOpen === undefined) return <span />
  return (
    <ActionIcon
      className={classes.tool ?? ''}
      variant="default"
      size="lg"
      aria-label={`Settings of ${row.name}`}
      onClick={onOpen}
    >
      <IconAdjustments size="1.15rem" stroke={1.75} aria-hidden />
    </ActionIcon>
  )
}
