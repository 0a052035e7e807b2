using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PatchContainers.Rollout.Journal;

/// <summary>The journal's documents as JSON. Generated, so that reading a journal costs no reflection.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(JournalEntry))]
[JsonSerializable(typeof(JournalRequest))]
[JsonSerializable(typeof(LeaseDocument))]
[JsonSerializable(typeof(QuarantineDocument))]
[JsonSerializable(typeof(ProcessIdentity))]
internal sealed partial class JournalJson : JsonSerializerContext
{
    /// <summary>Leaves letters beyond ASCII readable, and breaks no line.</summary>
    public static JournalJson Relaxed { get; } = new(new JsonSerializerOptions
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
