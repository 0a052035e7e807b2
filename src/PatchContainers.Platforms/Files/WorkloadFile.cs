using System.Globalization;
using PatchContainers.Platforms.Compose;
using PatchContainers.Platforms.Manifests;
using PatchContainers.Platforms.Yaml;

namespace PatchContainers.Platforms.Files;

/// <summary>A file with manifests or Compose services, read: its text, its containers, and what a person should know about it.</summary>
internal sealed class WorkloadFile
{
    private readonly Dictionary<string, ImageBinding> _byId;

    private WorkloadFile(SourceText source, IReadOnlyList<YamlDocument> documents, IReadOnlyList<ImageBinding> bindings,
        IReadOnlyList<PatchNotice> notices)
    {
        Source = source;
        Documents = documents;
        Bindings = bindings;
        Notices = notices;
        _byId = bindings.ToDictionary(binding => binding.Workload.Id, StringComparer.Ordinal);
    }

    public SourceText Source { get; }

    public IReadOnlyList<YamlDocument> Documents { get; }

    public IReadOnlyList<ImageBinding> Bindings { get; }

    public IReadOnlyList<PatchNotice> Notices { get; }

    /// <summary>The container with this id; null where the file does not hold it.</summary>
    public ImageBinding? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>Reads a file.</summary>
    /// <exception cref="PatchException">The file cannot be read, or is no YAML; the message names it and the fault.</exception>
    public static WorkloadFile Load(string path, YamlLimits limits, CancellationToken cancellationToken) =>
        Read(path, FileBytes.Read(path, limits.MaxBytes), limits, cancellationToken);

    /// <summary>Reads a file's bytes; <paramref name="path"/> is the name by which its workloads are known.</summary>
    public static WorkloadFile Read(string path, ReadOnlyMemory<byte> bytes, YamlLimits limits, CancellationToken cancellationToken)
    {
        var source = SourceText.Decode(path, bytes);
        IReadOnlyList<YamlDocument> documents;
        try
        {
            documents = YamlReader.Read(source, limits, cancellationToken);
        }
        catch (PatchException e) when (e.Code is PatchErrorCode.InvalidData && TemplateText.FirstLine(source.Text) is { } line)
        {
            throw new PatchException(PatchErrorCode.NotSupported, path, string.Create(CultureInfo.InvariantCulture,
                $"'{path}' is a template (line {line}), no YAML yet. Render it into a folder (helm template) and name that folder."), e);
        }

        var context = new ReadContext(path, limits);
        if (documents.Count == 0)
        {
            context.Verbose($"'{path}' is empty.");
        }

        foreach (var document in documents)
        {
            if (ComposeReader.Recognizes(document))
            {
                new ComposeReader(context, document).Read(cancellationToken);
            }
            else if (ComposeReader.IsVersion1(path, document))
            {
                context.Warn($"'{path}' has Compose services without a 'services' key, a form that Compose no longer reads. It is not "
                    + "listed; put its services under 'services'.");
            }
            else if (!Kustomization.TryDescribe(context, document))
            {
                new ManifestReader(context, document).Read();
            }
        }

        return new WorkloadFile(source, documents, context.Bindings, context.Notices);
    }
}
