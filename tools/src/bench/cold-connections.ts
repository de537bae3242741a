/** Connections whose limits nobody has learnt yet: each of them is an account of its own, by its URL. */
export const coldConnections = ['cold_1', 'cold_2', 'cold_3', 'cold_4', 'cold_5'] as const
