import { useEffect } from 'react'

/** What stands in the browser's tab and history. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} – WebMACS`
  }, [title])
}
