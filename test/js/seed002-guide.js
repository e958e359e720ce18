// The code of the "WebSocket Chat API Integration Guide", word for word, in
// functions whose parameters are the names that it takes from a browser.

/** "Connection Setup". */
export const setUp = (localStorage, WebSocket, console, handleIncomingMessage) => {
  const token = localStorage.getItem('token'); // Get from login API
  const websocket = new WebSocket(`ws://localhost:3001?token=${token}`);

  websocket.onopen = (event) => {
    console.log('WebSocket connected!');
  };

  websocket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    handleIncomingMessage(message);
  };

  websocket.onclose = (event) => {
    console.log('WebSocket disconnected');
  };

  websocket.onerror = (error) => {
    console.error('WebSocket error:', error);
  };
  return websocket;
};

/** "Send Chat Message". */
export const sendChat = (websocket) => {
  const chatMessage = {
    type: 'chat',
    content: 'Your message here',
    timestamp: new Date().toISOString()
  };

  websocket.send(JSON.stringify(chatMessage));
};

/** "Request Human Help". */
export const sendEscalation = (websocket) => {
  const escalationMessage = {
    type: 'human-escalation',
    reason: 'Need human assistance',
    timestamp: new Date().toISOString()
  };

  websocket.send(JSON.stringify(escalationMessage));
};

/** "Keep Connection Alive". */
export const sendPing = (websocket) => {
  const pingMessage = {
    type: 'ping',
    timestamp: new Date().toISOString()
  };

  websocket.send(JSON.stringify(pingMessage));
};

/** "Message Handler Example", with the functions that it leaves to the page. */
export const messageHandler = (page) => {
  const { console, showSystemMessage, createNewAIMessage, appendToAIMessage, finalizeAIMessage, showError } = page;
  function handleIncomingMessage(message) {
    switch(message.type) {
      case 'connection':
        showSystemMessage(message.message);
        break;

      case 'stream-start':
        createNewAIMessage(message.messageId);
        break;

      case 'stream-token':
        appendToAIMessage(message.messageId, message.token);
        break;

      case 'stream-end':
        finalizeAIMessage(message.messageId);
        break;

      case 'human-escalation-response':
        showSystemMessage(message.message);
        break;

      case 'error':
        showError(message.message);
        break;

      case 'pong':
        console.log('Connection alive');
        break;
    }
  }
  return handleIncomingMessage;
};

/** The incoming messages and their fields; each has a `timestamp` too. */
export const incoming = {
  __proto__: null,
  connection: ["message"],
  "stream-start": ["messageId"],
  "stream-token": ["messageId", "token"],
  "stream-end": ["messageId"],
  "human-escalation-response": ["message"],
  error: ["message"],
  pong: [],
};
