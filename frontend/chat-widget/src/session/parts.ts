import { partsOf } from '../parts';

// In the place of chat-core's module of that name: what it loads when it is first needed are parts of the widget's.
const loadPart = partsOf(import.meta.url);

export const loadHttp = () => loadPart('http');
export const loadRooms = () => loadPart('rooms');
