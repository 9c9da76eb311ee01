import type { QualityWord } from '@webmacs/contracts'

export type MarkTone = 'bad' | 'uncertain' | 'note'

export interface QualityMark {
  readonly tone: MarkTone
  readonly text: string
}

const WORDS = {
  good: undefined,
  bad: { tone: 'bad', text: 'Bad' },
  sensor_fault: { tone: 'bad', text: 'Sensor fault' },
  uncertain: { tone: 'uncertain', text: 'Uncertain' },
  stale: { tone: 'uncertain', text: 'Stale at source' },
  out_of_range: { tone: 'uncertain', text: 'Out of range' },
  time_uncertain: { tone: 'uncertain', text: 'Time uncertain' },
  substituted: { tone: 'note', text: 'Substituted' },
  simulated: { tone: 'note', text: 'Simulated' },
  manual: { tone: 'note', text: 'Manual' },
  clamped: { tone: 'note', text: 'Clamped' },
  late: { tone: 'note', text: 'Late' },
} as const satisfies Record<QualityWord, QualityMark | undefined>

const ORDER: readonly MarkTone[] = ['bad', 'uncertain', 'note']

/**
 * What to write beside a value, the gravest first. A class is left out where one of its reasons says the same more exactly.
 * @param isOutside the value lies beyond its event's range, whether or not the source said so
 */
export function qualityMarks(words: readonly QualityWord[], isOutside = false): QualityMark[] {
  const all = isOutside && !words.includes('out_of_range') ? [...words, 'out_of_range' as const] : words
  const marks = all.flatMap((word) => WORDS[word] ?? [])
  const reasons = marks.filter(({ text }) => text !== WORDS.bad.text && text !== WORDS.uncertain.text)
  const isExplained = (mark: QualityMark): boolean =>
    reasons.some((reason) => reason.tone === mark.tone && reason !== mark)
  return marks
    .filter((mark) => reasons.includes(mark) || !isExplained(mark))
    .sort((a, b) => ORDER.indexOf(a.tone) - ORDER.indexOf(b.tone))
}
