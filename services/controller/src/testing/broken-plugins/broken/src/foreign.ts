/** No driver made with this SDK. */
export const plugin = { id: 'foreign', read: () => 42 }
