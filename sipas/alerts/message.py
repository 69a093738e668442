"""One message a recipient and look: everything that is new for it, in Vietnamese."""

import hashlib
from dataclasses import dataclass
from html import escape
from typing import Any

from sipas.alerts.facts import KINDS_VI
from sipas.alerts.recipients import Recipient
from sipas.alerts.store import Alert
from sipas.release.request import MARK
from sipas.vietnamese import LOCAL_TIME

# More of one kind are counted; `sipas alerts` lists them.
SHOWN = 20


@dataclass(frozen=True)
class Message:
    """A message: its lines for people, and its parts for programs."""

    message_id: str
    subject: str
    text: str
    alerts: list[Alert]

    @property
    def html(self) -> str:
        """The text as a mail shows it."""
        return (
            f'<pre style="font-family: sans-serif; white-space: pre-wrap">{escape(self.text)}</pre>'
        )

    def as_json(self) -> dict[str, Any]:
        """For a webhook; `text` is what chat programs show."""
        return {
            "message_id": self.message_id,
            "subject": self.subject,
            "text": f"{self.subject}\n\n{self.text}",
            "alerts": [
                {
                    "alert_id": alert.alert_id,
                    "kind": alert.kind,
                    "what": alert.what_vi,
                    "where": alert.place_vi,
                    "since": alert.since.astimezone(LOCAL_TIME).isoformat(),
                    "to_do": alert.to_do_vi,
                    "owner": alert.owner_vi,
                    "link": alert.link,
                    "data_nature": alert.data_nature,
                }
                for alert in self.alerts
            ],
        }


def message_for(recipient: Recipient, alerts: list[Alert]) -> Message:
    """The message that tells a recipient of these alerts; the same ones give the same id, by which
    mail programs know a message that came twice."""
    counts = {kind: sum(a.kind == kind for a in alerts) for kind in KINDS_VI}
    said = ", ".join(f"{count} {KINDS_VI[kind]}" for kind, count in counts.items() if count)
    simulated = any(alert.data_nature == "simulated" for alert in alerts)
    numbers = ",".join(str(alert.alert_id) for alert in alerts)
    digest = hashlib.sha256(f"{recipient.name}\n{numbers}".encode()).hexdigest()[:32]
    lines = [f"{MARK}\n"] if simulated else []
    for kind, count in counts.items():
        if count:
            lines += section(kind, [alert for alert in alerts if alert.kind == kind])
    lines.append("Mỗi việc chỉ báo một lần. Mọi việc còn mở: sipas alerts")
    return Message(
        f"sipas-{digest}",
        f"[SIPAS{' – MÔ PHỎNG' if simulated else ''}] {len(alerts)} việc cần xử lý: {said}",
        "\n".join(lines),
        alerts,
    )


def section(kind: str, alerts: list[Alert]) -> list[str]:
    """The lines of one kind."""
    title = KINDS_VI[kind]
    lines = [f"{title[0].upper()}{title[1:]} ({len(alerts)})", ""]
    for alert in alerts[:SHOWN]:
        lines += [
            f"• {alert.what_vi}{' (mô phỏng)' if alert.data_nature == 'simulated' else ''}",
            f"  Ở đâu: {alert.place_vi}",
            f"  Từ: {alert.since.astimezone(LOCAL_TIME):%H:%M %d/%m/%Y}",
            f"  Phụ trách: {alert.owner_vi}",
            f"  Cần làm: {alert.to_do_vi}",
            *([f"  {alert.link}"] if alert.link else []),
            "",
        ]
    if len(alerts) > SHOWN:
        lines += [f"… và {len(alerts) - SHOWN} việc nữa cùng loại.", ""]
    return lines
