using PatchContainers.Scanning.Reports;

namespace PatchContainers.Scanning.Clair;

/// <summary>How far Clair's indexer is with a manifest: what an index report says beside the packages.</summary>
/// <param name="Manifest">The manifest's digest.</param>
/// <param name="State">The indexer's word for its state.</param>
/// <param name="IsSuccess">Whether it says that it succeeded.</param>
/// <param name="Error">What went wrong; empty where nothing did.</param>
internal sealed record ClairIndexState(string Manifest, string State, bool IsSuccess, string Error)
{
    // The last two states of Claircore's indexer (indexer/controller); all others are on the way there.
    private const string Finished = "IndexFinished";
    private const string Failed = "IndexError";

    /// <summary>Whether the manifest is indexed.</summary>
    public bool IsDone => State == Finished && IsSuccess && Error.Length == 0;

    /// <summary>Whether it will not be.</summary>
    public bool IsFailed => State == Failed || Error.Length > 0 || (State == Finished && !IsSuccess);

    /// <summary>Reads an index report (<c>index_report.schema.json</c>), and skips what is in the image.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is none.</exception>
    public static ClairIndexState Read(JsonCursor cursor)
    {
        var said = new ClairIndexState(string.Empty, string.Empty, false, string.Empty);
        foreach (var name in cursor.Members())
        {
            switch (name)
            {
                case "manifest_hash":
                    said = said with { Manifest = cursor.ReadText() };
                    break;
                case "state":
                    said = said with { State = cursor.ReadText() };
                    break;
                case "err":
                    said = said with { Error = cursor.ReadText() };
                    break;
                case "success":
                    using (var success = cursor.Read())
                    {
                        said = said with { IsSuccess = success.RootElement.IsTrue() };
                    }

                    break;
                default:
                    break;
            }
        }

        return said.State.Length > 0 ? said : throw cursor.Fault("it is no index report of Clair: it has no 'state'");
    }
}
