import '@mantine/core/styles.css'
import './app/global.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/app.tsx'
import { createAppRouter } from './app/router.tsx'
import { createServices } from './app/services.ts'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element with the id "root"')

const services = createServices(window)
const router = createAppRouter(services)
// Whoever signs in or out stands before another page: the guards decide anew.
services.session.subscribe(() => void router.invalidate())
createRoot(root).render(
  <StrictMode>
    <App services={services} router={router} />
  </StrictMode>,
)
