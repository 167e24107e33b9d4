"""What a published data set says of itself that no file of a run does."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field


class ReleaseSettings(BaseModel):
    """How PyX and PyX-R are published. Croissant demands what is null by default: fill it in before you publish."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(default="pyx-repro", min_length=1, description="what the data set is called")
    version: str = Field(
        default="1.0.0", pattern=r"^\d+\.\d+\.\d+$", description="its version, MAJOR.MINOR.PATCH"
    )
    url: str | None = Field(default=None, description="its page")
    creator: str | None = Field(default=None, description="who made it")
    published: date | None = Field(default=None, description="the day on which it was published")
