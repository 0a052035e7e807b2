using System.Text.Json.Nodes;
using PatchContainers.Images;
using PatchContainers.Staleness;

namespace PatchContainers.Updating.Rebase;

/// <summary>Writes the manifest and the index of a rebased image: every field that is not about the layers stays as it was.</summary>
internal static class RebaseDocuments
{
    /// <summary>The media types of one family, and their counterparts in the other.</summary>
    private static readonly (string Oci, string Docker)[] LayerTypes =
    [
        (MediaTypes.OciLayer, MediaTypes.DockerLayer),
        (MediaTypes.OciLayerGzip, MediaTypes.DockerLayerGzip),
    ];

    /// <summary>The media type that a layer has in a manifest of this family; null where the family has none for it.</summary>
    public static string? LayerType(string manifestType, string layerType)
    {
        var oci = manifestType == MediaTypes.OciManifest;
        if (oci && layerType == MediaTypes.OciLayerZstd)
        {
            return layerType;
        }

        var known = LayerTypes.FirstOrDefault(t => t.Oci == layerType || t.Docker == layerType);
        return oci ? known.Oci : known.Docker;
    }

    /// <summary>The manifest with the new base's layers under the application's.</summary>
    /// <param name="image">The image.</param>
    /// <param name="newBase">The base it moves to.</param>
    /// <param name="baseLayers">How many of the image's layers are its old base's.</param>
    /// <param name="config">The merged configuration's bytes.</param>
    /// <param name="refresh">What the annotations about the base say.</param>
    /// <param name="source">The image, for errors.</param>
    public static byte[] Manifest(ImageManifest image, ImageManifest newBase, int baseLayers, ReadOnlySpan<byte> config,
        BaseRefresh refresh, string source)
    {
        var digest = Digest.OfBytes(config);
        var size = config.Length;
        return RebaseJson.Read(source, () =>
        {
            var document = RebaseJson.Parse(image.Content);
            var descriptor = (JsonObject)document["config"]!;
            Describe(descriptor, digest, size);

            var layers = new JsonArray();
            foreach (var layer in newBase.Layers)
            {
                layers.Add((JsonNode)BaseLayer(layer, image.MediaType));
            }

            foreach (var layer in ((JsonArray)document["layers"]!).Skip(baseLayers))
            {
                var copy = (JsonObject)layer!.DeepClone();

                // One family throughout: tools wrote Docker's layer types into OCI manifests.
                if (LayerType(image.MediaType, copy["mediaType"]?.GetValue<string>() ?? string.Empty) is { } type)
                {
                    copy["mediaType"] = type;
                }

                layers.Add((JsonNode)copy);
            }

            document["layers"] = layers;

            // Docker's schema 2 knows no annotations; an OCI image says from now on which base it has, even if it did not before.
            if ((image.MediaType == MediaTypes.OciManifest && refresh.IsPublic) || HasBase(document))
            {
                var annotations = document["annotations"] as JsonObject ?? [];
                annotations[RecordedBase.DigestKey] = refresh.Replace(annotations[RecordedBase.DigestKey]?.GetValue<string>());
                annotations[RecordedBase.NameKey] = refresh.Name.ToString();
                RebaseJson.Set(document, "annotations", annotations);
            }

            return RebaseJson.Serialize(document);
        });
    }

    /// <summary>The index with the new manifests, and without what was attached to the old ones.</summary>
    /// <param name="index">The image's index.</param>
    /// <param name="manifests">The new manifests, by the digest of the old one.</param>
    /// <param name="refresh">What the annotations about the base say, for each old manifest.</param>
    /// <param name="rootRefresh">What the index's own annotations say.</param>
    /// <param name="source">The image, for errors.</param>
    public static byte[] Index(ImageIndex index, IReadOnlyDictionary<Digest, Descriptor> manifests,
        IReadOnlyDictionary<Digest, BaseRefresh> refresh, BaseRefresh rootRefresh, string source) => RebaseJson.Read(source, () =>
    {
        var document = RebaseJson.Parse(index.Content);
        var entries = new JsonArray();
        foreach (var (node, descriptor) in ((JsonArray)document["manifests"]!).Zip(index.Manifests))
        {
            if (!manifests.TryGetValue(descriptor.Digest, out var replacement))
            {
                continue;
            }

            var entry = (JsonObject)node!.DeepClone();
            Describe(entry, replacement.Digest, replacement.Size);
            Refresh(entry, refresh[descriptor.Digest]);
            entries.Add((JsonNode)entry);
        }

        document["manifests"] = entries;
        Refresh(document, rootRefresh);
        return RebaseJson.Serialize(document);
    });

    private static bool HasBase(JsonObject document) => document["annotations"] is JsonObject annotations
        && (annotations.ContainsKey(RecordedBase.NameKey) || annotations.ContainsKey(RecordedBase.DigestKey));

    private static void Refresh(JsonObject document, BaseRefresh refresh)
    {
        if (document["annotations"] is not JsonObject annotations)
        {
            return;
        }

        if (annotations.ContainsKey(RecordedBase.NameKey))
        {
            annotations[RecordedBase.NameKey] = refresh.Name.ToString();
        }

        if (annotations[RecordedBase.DigestKey] is { } digest)
        {
            annotations[RecordedBase.DigestKey] = refresh.Replace(digest.GetValue<string>());
        }
    }

    private static void Describe(JsonObject descriptor, Digest digest, long size)
    {
        descriptor["digest"] = digest.ToString();
        descriptor["size"] = size;

        // Embedded content (image specification 1.1, descriptor.md, "data") is the old one's.
        descriptor.Remove("data");
    }

    private static JsonObject BaseLayer(Descriptor layer, string manifestType)
    {
        var result = new JsonObject
        {
            ["mediaType"] = LayerType(manifestType, layer.MediaType),
            ["digest"] = layer.Digest.ToString(),
            ["size"] = layer.Size,
        };
        if (layer.Annotations.Count > 0 && manifestType == MediaTypes.OciManifest)
        {
            result["annotations"] = new JsonObject(layer.Annotations.Select(a => KeyValuePair.Create<string, JsonNode?>(a.Key, a.Value)));
        }

        return result;
    }
}
