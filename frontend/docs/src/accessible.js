/**
 * A plugin for Swagger UI with what it leaves out for keyboards and screen readers: landmarks, headings in order, names
 * of fields and dialogs.
 */
export function accessible({ React, Im }) {
  const { createElement: h, Fragment, useState } = React;

  const hidden = (text) => h('span', { className: 'only-read' }, text);
  const labelled = (Field, name) => (props) => h('label', null, hidden(name(props)), h(Field, props));
  const below = (level, title) => (Section) => (props) =>
    h(Fragment, null, h(level, { className: 'only-read' }, title), h(Section, props));
  /** For elements that no property of their component reaches. */
  const mended = (Part, selector, mend) => (props) =>
    h('div', { ref: (element) => element?.querySelectorAll(selector).forEach(mend) }, h(Part, props));

  /** An operation's path as text: it stands in a button, where a link may not be. */
  const PathText = ({ text }) => h('span', null, text);

  /** A list of texts in one field, instead of one nameless field for each. */
  function Lines({ value, description, disabled, errors, onChange }) {
    const [text, write] = useState(() => Im.List(value).join('\n'));
    return h(
      'label',
      null,
      `${description}, one a line`,
      h('textarea', {
        rows: 3,
        value: text,
        disabled,
        className: errors?.size ? 'lines invalid' : 'lines',
        onChange: ({ target }) => {
          write(target.value);
          onChange(Im.List(target.value.split('\n').filter(Boolean)));
        },
      }),
    );
  }

  return {
    wrapComponents: {
      Row: (Row) => (props) =>
        props.className === 'information-container'
          ? h('header', { className: 'information-container wrapper' }, props.children)
          : h(Row, props),
      AuthorizeBtnContainer: (Button) => (props) =>
        h('section', { 'aria-labelledby': 'authorization' }, [
          h('h2', { key: 'title', id: 'authorization', className: 'only-read' }, 'Authorization'),
          h(Button, { key: 'button', ...props }),
        ]),
      operations: below('h2', 'Operations'),
      Models: below('h3', 'Data'),
      OperationSummaryPath: (Path) => (props) =>
        h(Path, {
          ...props,
          getComponent: (name, ...rest) => (name === 'DeepLink' ? PathText : props.getComponent(name, ...rest)),
        }),
      // A table that calls itself a region is a table to nobody, and a region without a name.
      responses: (Responses) => mended(Responses, 'table[role=region]', (table) => table.removeAttribute('role')),
      // Code scrolls, which takes a keyboard as well.
      HighlightCode: (Code) => mended(Code, 'pre', (pre) => (pre.tabIndex = 0)),
      authorizationPopup: (Popup) => (props) =>
        h('div', { role: 'dialog', 'aria-label': 'Available authorizations' }, h(Popup, props)),
      CloseIcon: (Icon) => (props) => h(Fragment, null, hidden('Close'), h(Icon, props)),
      TextArea: (Field) => labelled(Field, ({ description }) => description ?? 'Request body'),
      JsonSchema_string: (Field) => labelled(Field, ({ description }) => description),
      JsonSchema_array: (List) => (props) =>
        props.schema.getIn(['items', 'type']) === 'string' && !props.schema.getIn(['items', 'enum'])
          ? h(Lines, props)
          : h(List, props),
    },
  };
}
