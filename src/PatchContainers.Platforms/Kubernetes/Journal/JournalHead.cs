using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace PatchContainers.Platforms.Kubernetes.Journal;

/// <summary>
/// The ConfigMap that a journal is appended to: its last entries as text, the names of the ConfigMaps that hold those before, how many
/// entries there are, and the fence of who last wrote here or took the journal over.
/// </summary>
/// <param name="content">The ConfigMap, as it was read or is to be created.</param>
internal sealed class JournalHead(JsonObject content)
{
    /// <summary>Each append writes the head anew: more than this goes into ConfigMaps of its own, which are written once.</summary>
    public const int MaxText = 64 * 1024;

    /// <summary>What one of those holds.</summary>
    public const int MaxPiece = 512 * 1024;

    public const string IdLabel = "patchcontainers/journal";
    private const string PartLabel = "patchcontainers/part";
    private const string ResourceLabel = "patchcontainers/resource";
    private const string OpenLabel = "patchcontainers/open";
    private const string CreatedLabel = "patchcontainers/created";
    private const string ByAnnotation = "patchcontainers/created-by";
    private const string LogKey = "journal";

    /// <summary>Journals that have their first entry.</summary>
    public const string Created = $"{PartLabel}=head,{CreatedLabel}=true";

    public JsonObject Content => content;

    public string Id => StateObjects.Text(content, "metadata", "labels", IdLabel);

    /// <summary>The resource whose lease it takes to write here; see <see cref="StateObjects.Hash"/>.</summary>
    public string Resource => StateObjects.Text(content, "metadata", "labels", ResourceLabel);

    /// <summary>Whether whoever had <see cref="Fence"/> may have gone on writing: who takes the lease over has to close it first.</summary>
    public bool IsOpen => StateObjects.Text(content, "metadata", "labels", OpenLabel) == "true";

    /// <summary>Whether the journal has its first entry.</summary>
    public bool IsCreated => StateObjects.Text(content, "metadata", "labels", CreatedLabel) == "true";

    /// <summary>The call that created it.</summary>
    public string CreatedBy => StateObjects.Text(content, "metadata", "annotations", ByAnnotation);

    public long Fence => Number("fence");

    public int Count => (int)Number("entries");

    public string Log => StateObjects.Text(content, "data", LogKey);

    /// <summary>The ConfigMaps that hold what comes before, in order.</summary>
    public IReadOnlyList<string> Pieces =>
        StateObjects.Text(content, "data", "pieces").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private JsonObject Data => StateObjects.Part(content, "data");

    private JsonObject Labels => StateObjects.Part(StateObjects.Part(content, "metadata"), "labels");

    public static string Name(string id) => StateObjects.Prefix + id;

    /// <summary>All heads of a resource's journals.</summary>
    public static string OfResource(string resource) => $"{PartLabel}=head,{ResourceLabel}={StateObjects.Hash(resource)}";

    /// <summary>Those of them that are open.</summary>
    public static string OpenOfResource(string resource) => $"{OfResource(resource)},{OpenLabel}=true";

    /// <summary>A head that is to be created, without an entry: not yet a journal.</summary>
    public static JournalHead New(string id, string resource, long fence, string createdBy)
    {
        var labels = new JsonObject { [IdLabel] = id, [PartLabel] = "head", [ResourceLabel] = StateObjects.Hash(resource) };
        var head = new JournalHead(StateObjects.ConfigMap(Name(id), labels, new JsonObject { ["entries"] = "0" }));
        head.Content["metadata"]!["annotations"] = new JsonObject { [ByAnnotation] = createdBy, [ResourceLabel] = resource };
        head.Take(fence, isOpen: true);
        return head;
    }

    public void Take(long fence, bool isOpen)
    {
        Data["fence"] = fence.ToString(CultureInfo.InvariantCulture);
        Labels[OpenLabel] = isOpen ? "true" : "false";
    }

    /// <summary>Adds an entry.</summary>
    /// <param name="line">Its line, with the line break.</param>
    /// <returns>ConfigMaps that have to be there before the head is written.</returns>
    public IReadOnlyList<JsonObject> Append(string line)
    {
        var (log, pieces) = (Log, new List<JsonObject>());
        if (log.Length > 0 && Encoding.UTF8.GetByteCount(log) + Encoding.UTF8.GetByteCount(line) > MaxText)
        {
            pieces.Add(Piece(log));
            log = string.Empty;
        }

        while (Encoding.UTF8.GetByteCount(line) > MaxPiece)
        {
            // No more than four bytes a character: a quarter of the bytes always fits, and no pair of surrogates is torn.
            var length = MaxPiece / 4;
            length -= char.IsHighSurrogate(line[length - 1]) ? 1 : 0;
            pieces.Add(Piece(line[..length]));
            line = line[length..];
        }

        Data["pieces"] = string.Join(' ', Pieces.Concat(pieces.Select(p => StateObjects.Text(p, "metadata", "name"))));
        Data[LogKey] = log + line;
        Data["entries"] = (Count + 1).ToString(CultureInfo.InvariantCulture);
        Labels[CreatedLabel] = "true";
        return pieces;
    }

    /// <summary>The text of a piece.</summary>
    public static string LogOf(JsonObject piece) => StateObjects.Text(piece, "data", LogKey);

    // Its name is that of its content: what a crash left is found again, or never asked for.
    private JsonObject Piece(string log)
    {
        var name = $"{Name(Id)}-{StateObjects.Hash(log)}";
        var piece = StateObjects.ConfigMap(name, new JsonObject { [IdLabel] = Id, [PartLabel] = "piece" }, new JsonObject { [LogKey] = log });
        piece["immutable"] = true;
        return piece;
    }

    private long Number(string key) =>
        long.TryParse(StateObjects.Text(content, "data", key), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new PatchException(PatchErrorCode.HistoryDamaged, Name(Id),
                $"The ConfigMap '{StateObjects.Text(content, "metadata", "name")}' is not the head of a journal that was written: "
                + $"its '{key}' is no number. Put back what was there.");
}
