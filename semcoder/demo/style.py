"""How the demo's page looks: claims by colour and sign, light and dark, wide and narrow."""

CSS = """
.gradio-container { width: 100%; max-width: 78rem !important; margin: 0 auto !important; }
.gradio-container .main { padding-inline: 1rem; }
.gradio-container h1 { font-size: 1.35rem; margin: 0; }
.gradio-container textarea { font-size: .9rem; }
.code textarea, .reply pre, .reply code { font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; }
.reply {
  --true: #14532d; --true-ground: #d9f0e0; --false: #8c1d18; --false-ground: #fbdfdb;
  --open: #4b5158; --open-ground: #e7e8ea;
  color: var(--body-text-color); font-size: .95rem; line-height: 1.5; overflow-wrap: anywhere;
}
.dark .reply {
  --true: #b5ecc8; --true-ground: #14391f; --false: #ffc9c2; --false-ground: #5a1f1a;
  --open: #c3c8cf; --open-ground: #383d44;
}
.reply h3 { font-size: .95rem; font-weight: 600; margin: .9rem 0 .3rem; color: inherit; }
.reply pre {
  margin: 0; padding: .6rem .7rem; font-size: .84rem; line-height: 1.65; white-space: pre-wrap; overflow-wrap: anywhere;
  color: inherit; background: var(--background-fill-secondary); border: 1px solid var(--border-color-primary);
  border-radius: .4rem;
}
.reply code { font-size: .84rem; background: none; color: inherit; padding: 0; }
.reply .claim { padding: .05rem .25rem; border-radius: .25rem; color: var(--open); background: var(--open-ground); }
.reply .claim i { font-style: normal; font-weight: 700; margin-right: .25rem; }
.reply .claim.true { color: var(--true); background: var(--true-ground); }
.reply .claim.false { color: var(--false); background: var(--false-ground); text-decoration: underline wavy 1px; }
.reply .claim i::after { content: "\\2060"; }  /* no line ends between sign and text */
.reply .claim.open { border-bottom: 1px dotted var(--open); }
.reply .legend { display: flex; flex-wrap: wrap; gap: .4rem; margin: .2rem 0 .4rem; font-size: .88rem; }
.reply .legend .claim { text-decoration: none; }
.reply .verdict { margin: 0 0 .5rem; padding: .5rem .7rem; border-left: .3rem solid var(--open); border-radius: .25rem;
  color: var(--open); background: var(--open-ground); }
.reply .verdict.true { color: var(--true); background: var(--true-ground); border-color: var(--true); }
.reply .verdict.false, .reply .verdict.refused { color: var(--false); background: var(--false-ground);
  border-color: var(--false); }
.reply .verdict b { color: inherit; }
.reply ul { margin: .4rem 0; padding-left: 0; list-style: none; }
.reply .faults { padding: .3rem .7rem; border-left: .3rem solid var(--false); }
.reply .note { font-size: .88rem; margin: .5rem 0; }
.reply details { margin-top: .8rem; font-size: .88rem; }
.reply summary { cursor: pointer; }
"""
