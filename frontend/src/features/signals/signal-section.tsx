import { Alert } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { InstanceBadge } from './instance-badge.tsx'
import { NoReading } from './no-reading.tsx'
import cardClasses from './signal-card.module.css'
import { SignalCard } from './signal-card.tsx'
import type { Signal, SignalGroup } from './signal-groups.ts'
import classes from './signal-section.module.css'

/** All signals of one plugin instance under its name and how it is. */
export function SignalSection({ group }: { readonly group: SignalGroup }) {
  const titleId = `group-${group.id}`
  const { instance } = group
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
          <CardList
            signals={group.controls}
            label={`Outputs of ${group.title}`}
            absence={<span>No reading yet</span>}
          />
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
