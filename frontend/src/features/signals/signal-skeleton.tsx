import { Skeleton } from '@mantine/core'
import classes from './signal-card.module.css'
import sectionClasses from './signal-section.module.css'

const CARDS = [1, 2, 3, 4, 5, 6]

/** Takes the room that the cards will take. */
export function SignalSkeleton() {
  return (
    <section className={sectionClasses.section} aria-label="Loading signals" aria-busy="true">
      <Skeleton height="1.575rem" width="12rem" />
      <div className={classes.grid}>
        {CARDS.map((card) => (
          <Skeleton key={card} height="9.25rem" radius="0.625rem" />
        ))}
      </div>
    </section>
  )
}
