import type { ReactNode } from 'react'
import classes from './section.module.css'

interface SectionProps {
  readonly title: string
  /** At the right of the title. */
  readonly tools?: ReactNode
  readonly children: ReactNode
}

/** A part of a page, in a frame under its name. */
export function Section({ title, tools, children }: SectionProps) {
  return (
    <section className={classes.section} aria-label={title}>
      <div className={classes.heading}>
        <h2 className={classes.title}>{title}</h2>
        {tools}
      </div>
      {children}
    </section>
  )
}
