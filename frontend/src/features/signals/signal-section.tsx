import { Alert } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useMay } from '../auth/use-may.ts'
import { InstanceBadge } from './instance-badge.tsx'
import { NoReading } from './no-reading.tsx'
import { OutputCard } from './output-card.tsx'
import cardClasses from './signal-card.module.css'
import { SignalCard } from './signal-card.tsx'
import { isSettable, type Signal, type SignalGroup } from './signal-groups.ts'
import classes from './signal-section.module.css'

const NO_READING = <span>No reading yet</span>

/** All signals of one plugin instance under its name and how it is. */
export function SignalSection({ group }: { readonly group: SignalGroup }) {
  const titleId = `group-${group.id}`
  const { instance } = group
  const maySet = useMay('POST /api/v1/commands')
  const settable = group.controls.filter((signal) => maySet && isSettable(signal, instance))
  const shownOnly = group.controls.filter((signal) => !settable.includes(signal))
  return (
    <section aria-labelledby={titleId} className={classes.section}>
      <div className={classes.heading}>
        <h2 id={titleId} className={classes.title}>
          {group.title}
        </h2>
        {instance !== undefined && <InstanceBadge instance={instance} />}
      </div>
      {instance?.status === 'error' && (
        <Alert color="red" variant="light" p="xs" icon={<IconAlertTriangle aria-hidden />}>
          {instance.error_message ?? 'The plugin reports an error without saying which.'}
        </Alert>
      )}
      <CardList
        signals={group.sensors}
        label={`Sensors of ${group.title}`}
        absence={
          <NoReading
            isInstanceRunning={instance?.status === 'connected' || instance?.status === 'demo'}
            siblings={group.sensors.map(({ event }) => event.public_id)}
          />
        }
      />
      {group.controls.length > 0 && (
        <>
          <p className={classes.subtitle}>Outputs</p>
          {settable.length > 0 && (
            <ul className={cardClasses.grid} data-wide aria-label={`Outputs of ${group.title}`}>
              {settable.map((signal) => (
                <OutputCard key={signal.event.public_id} signal={signal} absence={NO_READING} />
              ))}
            </ul>
          )}
          <CardList signals={shownOnly} label={`Outputs of ${group.title} that are shown only`} absence={NO_READING} />
        </>
      )}
    </section>
  )
}

interface CardListProps {
  readonly signals: readonly Signal[]
  readonly label: string
  readonly absence: ReactNode
}

function CardList({ signals, label, absence }: CardListProps) {
  if (signals.length === 0) return null
  return (
    <ul className={cardClasses.grid} aria-label={label}>
      {signals.map((signal) => (
        <SignalCard key={signal.event.public_id} signal={signal} absence={absence} />
      ))}
    </ul>
  )
}
