import { createLazyRoute } from '@tanstack/react-router'
import { DashboardPage } from './dashboard-page.tsx'

export const lazyDashboardRoute = createLazyRoute('/signed-in/')({ component: DashboardPage })
