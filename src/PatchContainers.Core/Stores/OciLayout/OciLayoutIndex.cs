using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Images;

namespace PatchContainers.Stores.OciLayout;

/// <summary>
/// The <c>index.json</c> of a layout (OCI image specification 1.1, image-layout.md): which manifests it holds, and their tags in the
/// annotation <c>org.opencontainers.image.ref.name</c>. What other tools wrote beside stays as it is.
/// </summary>
internal sealed class OciLayoutIndex
{
    public const string RefName = "org.opencontainers.image.ref.name";

    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly JsonObject _root;
    private readonly JsonArray _manifests;
    private readonly List<Descriptor> _entries;

    private OciLayoutIndex(JsonObject root, JsonArray manifests, List<Descriptor> entries)
    {
        _root = root;
        _manifests = manifests;
        _entries = entries;
    }

    /// <summary>The entries, in the order of the document.</summary>
    public IReadOnlyList<Descriptor> Entries => _entries;

    /// <summary>The index of a layout that holds nothing yet.</summary>
    public static OciLayoutIndex Empty()
    {
        var manifests = new JsonArray();
        var root = new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = MediaTypes.OciIndex, ["manifests"] = manifests };
        return new OciLayoutIndex(root, manifests, []);
    }

    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>, naming the file and the fault.</exception>
    public static OciLayoutIndex Parse(ReadOnlyMemory<byte> content, string path)
    {
        // The strict reader goes first: it checks every descriptor and the depth, and says what is wrong.
        var index = ImageIndex.Parse(content, MediaTypes.OciIndex, path);
        try
        {
            var root = JsonNode.Parse(content.Span)!.AsObject();
            return new OciLayoutIndex(root, root["manifests"]!.AsArray(), [.. index.Manifests]);
        }
        catch (ArgumentException e)
        {
            throw new PatchException(PatchErrorCode.InvalidData, path,
                $"The index of {path} cannot be used: a name comes twice in one object.", e);
        }
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(_root, Compact);

    /// <summary>
    /// The tag of an entry: its name, or the tag in it, since some tools write the full reference there. Null where it has no name, or
    /// one that is no tag.
    /// </summary>
    public static string? TagOf(Descriptor entry)
    {
        if (!entry.Annotations.TryGetValue(RefName, out var name) || name.Length == 0)
        {
            return null;
        }

        if (ImageReference.IsTag(name))
        {
            return name;
        }

        var at = name.IndexOf('@', StringComparison.Ordinal);
        var named = at < 0 ? name : name[..at];
        var colon = named.IndexOf(':', named.LastIndexOf('/') + 1);
        return colon >= 0 && ImageReference.IsTag(named[(colon + 1)..]) ? named[(colon + 1)..] : null;
    }

    /// <summary>Whether an entry may be an image, or an index of images.</summary>
    public static bool IsImageLike(Descriptor entry) => MediaTypes.IsIndex(entry.MediaType) || MediaTypes.IsManifest(entry.MediaType);

    /// <summary>The entries that a tag names: those whose name is the tag itself, else those whose full reference ends in it.</summary>
    public IReadOnlyList<Descriptor> WithTag(string tag)
    {
        var exact = _entries.Where(e => e.Annotations.TryGetValue(RefName, out var name) && name == tag).ToArray();
        return exact.Length > 0 ? exact : _entries.Where(e => TagOf(e) == tag).ToArray();
    }

    /// <summary>Lists a manifest without a tag, unless it is listed already.</summary>
    /// <returns>False where nothing changed.</returns>
    public bool AddUntagged(Descriptor manifest)
    {
        if (_entries.Any(e => e.Digest == manifest.Digest))
        {
            return false;
        }

        Add(manifest, null);
        return true;
    }

    /// <summary>
    /// Lets a tag name a manifest. What it named before stays as an entry without a tag, as in a registry: another image may have been
    /// built on it. Entries without a tag for <paramref name="children"/> go, since the new entry leads to them.
    /// </summary>
    /// <returns>False where nothing changed.</returns>
    public bool SetTag(string tag, Descriptor manifest, IReadOnlyCollection<Digest> children)
    {
        var named = WithTag(tag);
        if (named.Count == 1 && named[0].Digest == manifest.Digest)
        {
            return RemoveUntagged(children);
        }

        // A tool that wrote a full reference finds its tag again under the same name.
        var name = named.Count == 1 ? named[0].Annotations[RefName] : tag;
        foreach (var old in named)
        {
            RemoveAt(_entries.IndexOf(old));
        }

        RemoveUntagged([manifest.Digest, .. children]);
        Add(manifest, name);
        foreach (var old in named.Where(o => o.Digest != manifest.Digest && !children.Contains(o.Digest)))
        {
            AddUntagged(old);
        }

        return true;
    }

    private bool RemoveUntagged(IReadOnlyCollection<Digest> digests)
    {
        var removed = false;
        for (var i = _entries.Count - 1; i >= 0; i--)
        {
            if (digests.Contains(_entries[i].Digest) && !_entries[i].Annotations.ContainsKey(RefName))
            {
                RemoveAt(i);
                removed = true;
            }
        }

        return removed;
    }

    private void RemoveAt(int index)
    {
        _entries.RemoveAt(index);
        _manifests.RemoveAt(index);
    }

    private void Add(Descriptor manifest, string? name)
    {
        var entry = new JsonObject
        {
            ["mediaType"] = manifest.MediaType,
            ["digest"] = manifest.Digest.ToString(),
            ["size"] = manifest.Size,
        };
        if (name is not null)
        {
            entry["annotations"] = new JsonObject { [RefName] = name };
        }

        _manifests.Add((JsonNode)entry);
        _entries.Add(new Descriptor(manifest.MediaType, manifest.Digest, manifest.Size)
        {
            Annotations = name is null ? Descriptor.EmptyAnnotations : new Dictionary<string, string> { [RefName] = name },
        });
    }
}
