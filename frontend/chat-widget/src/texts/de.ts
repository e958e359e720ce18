import type { Texts } from './texts';

const de: Texts = {
  dir: 'ltr',
  title: 'Chatten Sie mit uns',
  openChat: 'Chat öffnen',
  closeChat: 'Chat schließen',
  unread: (count) => (count === 1 ? '1 ungelesene Nachricht' : `${count} ungelesene Nachrichten`),
  dismissPreview: 'Vorschau schließen',

  greeting: 'Hallo! Wie können wir helfen?',
  hint: 'Stellen Sie eine Frage. Sie können jederzeit mit einem Menschen sprechen.',
  messages: 'Nachrichten',
  earlier: 'Frühere Nachrichten zeigen',
  toNewest: 'Zur neuesten Nachricht',
  today: 'Heute',
  yesterday: 'Gestern',

  you: 'Sie',
  assistant: 'Assistent',
  agent: 'Mitarbeiter',
  system: 'Hinweis',
  typing: 'schreibt',
  stop: 'Anhalten',
  edited: 'bearbeitet',
  sources: 'Quellen',

  placeholder: 'Nachricht schreiben…',
  send: 'Nachricht senden',
  attach: 'Datei anhängen',
  removeFile: (name) => `${name} entfernen`,
  uploading: (name) => `${name} wird hochgeladen`,
  uploadFailed: (name) => `${name} konnte nicht hochgeladen werden`,
  download: (name) => `${name} herunterladen`,
  attachment: 'Anhang',

  sending: 'Wird gesendet…',
  queued: 'Wartet auf die Verbindung',
  sent: 'Gesendet',
  read: 'Gelesen',
  failed: 'Nicht gesendet.',
  retry: 'Erneut versuchen',
  discard: 'Löschen',
  stopped: 'Angehalten',
  interrupted: 'Die Antwort brach ab',
  replyFailed: 'Die Antwort ist fehlgeschlagen',

  assistantState: 'Antwortet sofort',
  person: 'Mit einem Menschen sprechen',
  waiting: 'Sie sind in der Warteschlange',
  place: (position) =>
    position === 1 ? 'Sie sind als Nächstes dran' : `Sie sind Nummer ${position} in der Warteschlange`,
  waited: (time) => `Wartezeit ${time}`,
  withAgent: 'Sie sprechen mit einem Mitarbeiter',
  resolved: 'Dieses Gespräch ist abgeschlossen. Schreiben Sie, um es wieder zu öffnen.',

  clear: 'Verlauf löschen',
  clearQuestion: 'Den ganzen Verlauf löschen?',
  clearDetail: 'Alle Nachrichten dieses Gesprächs werden entfernt. Das lässt sich nicht rückgängig machen.',
  cancel: 'Abbrechen',
  dismiss: 'Schließen',

  connecting: 'Verbindung wird aufgebaut…',
  offline: 'Keine Verbindung. Ihre Nachrichten bleiben erhalten und werden gesendet, sobald sie wieder da ist.',
  draining: 'Der Server startet neu. Ihre Nachrichten bleiben erhalten; einen Moment.',
  refused: 'Sie sind abgemeldet.',
  tryAgain: 'Erneut versuchen',
  startAnew: 'Neuen Chat beginnen',
  failedAction: 'Das hat nicht geklappt. Bitte versuchen Sie es noch einmal.',
};

export default de;
