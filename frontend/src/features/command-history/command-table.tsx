import { ActionIcon, Table } from '@mantine/core'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Command } from '@webmacs/contracts'
import { parseTime } from '@webmacs/contracts'
import { Fragment, useState } from 'react'
import { formatLatency, formatMoment } from '../../lib/format.ts'
import { reasonOf } from '../commands/command-states.ts'
import classes from './command-history.module.css'
import { StateMark } from './state-mark.tsx'

/** One row a command; opened, it shows each of its states with its time. */
export function CommandTable({ commands }: { readonly commands: readonly Command[] }) {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const toggle = (id: string): void => {
    const next = new Set(opened)
    if (!next.delete(id)) next.add(id)
    setOpened(next)
  }
  return (
    <div className={classes.frame}>
      <Table verticalSpacing="xs" aria-label="Commands, newest first">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="2.5rem">
              <span className={classes.hidden}>Details</span>
            </Table.Th>
            <Table.Th visibleFrom="sm">Time</Table.Th>
            <Table.Th>Output</Table.Th>
            <Table.Th visibleFrom="xs">Old → new</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th visibleFrom="md">Who</Table.Th>
            <Table.Th visibleFrom="md">Latency</Table.Th>
            <Table.Th visibleFrom="lg">Reason</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {commands.map((command) => (
            <Fragment key={command.public_id}>
              <CommandRow
                command={command}
                isOpen={opened.has(command.public_id)}
                onToggle={() => toggle(command.public_id)}
              />
              {opened.has(command.public_id) && (
                <Table.Tr>
                  <Table.Td />
                  <Table.Td colSpan={7}>
                    <Details command={command} />
                  </Table.Td>
                </Table.Tr>
              )}
            </Fragment>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
}

interface CommandRowProps {
  readonly command: Command
  readonly isOpen: boolean
  readonly onToggle: () => void
}

function CommandRow({ command, isOpen, onToggle }: CommandRowProps) {
  const Chevron = isOpen ? IconChevronDown : IconChevronRight
  return (
    <Table.Tr>
      <Table.Td>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-expanded={isOpen}
          aria-label={`Details of ${command.channel_name}, ${momentOf(command.requested_on)}`}
          onClick={onToggle}
        >
          <Chevron size="1.1rem" stroke={1.75} aria-hidden />
        </ActionIcon>
      </Table.Td>
      <Table.Td visibleFrom="sm" className={classes.digits ?? ''}>
        {momentOf(command.requested_on)}
      </Table.Td>
      <Table.Td>
        <div>{command.channel_name}</div>
        <div className={classes.muted}>{command.instance_name}</div>
      </Table.Td>
      <Table.Td visibleFrom="xs" className={classes.digits ?? ''}>
        {changeOf(command)}
      </Table.Td>
      <Table.Td>
        <StateMark state={command.state} />
        {command.clamped && <div className={classes.muted}>Brought to its limit</div>}
      </Table.Td>
      <Table.Td visibleFrom="md">{command.requested_by.name}</Table.Td>
      <Table.Td visibleFrom="md" className={classes.digits ?? ''}>
        {formatLatency(command.latency_ms)}
      </Table.Td>
      <Table.Td visibleFrom="lg" className={classes.reason ?? ''}>
        {reasonOf(command) ?? command.reason}
      </Table.Td>
    </Table.Tr>
  )
}

/** All that a narrow screen has no column for, and the course of its states. */
function Details({ command }: { readonly command: Command }) {
  const facts: [string, string | null][] = [
    ['Time', momentOf(command.requested_on)],
    ['Old → new', changeOf(command)],
    ['Asked for', amountOf(command.value, command.unit)],
    ['Written', amountOf(command.written_value, command.unit)],
    ['Read back', amountOf(command.readback_value, command.unit)],
    ['Who', command.requested_by.name],
    ['Latency', formatLatency(command.latency_ms)],
    ['Why it was not done', reasonOf(command) ?? null],
    ['Reason given', command.reason],
    ['Command', command.public_id],
  ]
  return (
    <div className={classes.details}>
      <dl className={classes.facts}>
        {facts.map(
          ([name, value]) =>
            value !== null && (
              <Fragment key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </Fragment>
            ),
        )}
        <dt>Device</dt>
        <dd>
          <Link className={classes.link} to="/devices/$id" params={{ id: command.instance_public_id }}>
            {command.instance_name}
          </Link>
        </dd>
      </dl>
      <ol className={classes.steps} aria-label="States">
        {command.transitions.map(({ state, time }) => (
          <li key={`${state} ${time}`}>
            <StateMark state={state} />
            <span className={classes.muted}>{sinceAsked(command, time)}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}

const momentOf = (time: string): string => {
  const micros = parseTime(time)
  return micros === undefined ? time : formatMoment(micros / 1000)
}

/** How long after the request, `+8.4 ms`; the request itself has its time. */
function sinceAsked({ requested_on }: Command, time: string): string {
  const [asked, now] = [parseTime(requested_on), parseTime(time)]
  return asked === undefined || now === undefined || now <= asked
    ? momentOf(time)
    : `+${formatLatency((now - asked) / 1000)}`
}

/** Written in full, unlike on the dashboard: a history is for looking things up. */
const numberOf = (value: number): string => String(Number(value.toPrecision(8)))
const amountOf = (value: number | null, unit: string): string | null =>
  value === null ? null : `${numberOf(value)} ${unit}`

const changeOf = ({ previous_value, written_value, value, unit }: Command): string =>
  `${previous_value === null ? '?' : numberOf(previous_value)} → ${numberOf(written_value ?? value)} ${unit}`
