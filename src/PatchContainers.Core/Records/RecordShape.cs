using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace PatchContainers.Records;

/// <summary>What a value in a record is, as far as reading and writing it goes.</summary>
internal enum ValueKind
{
    Text,
    Boolean,
    Integer,
    Number,
    Enum,
    Time,
    Duration,
    List,
    Map,
    Record,
}

/// <summary>The type of a value in a record.</summary>
/// <param name="Kind">How it is read and written.</param>
/// <param name="Type">The type, without its <see cref="Nullable{T}"/>.</param>
/// <param name="IsNullable">Whether null is a value of it.</param>
/// <param name="Element">For lists, the type of the elements.</param>
internal sealed record ValueShape(ValueKind Kind, Type Type, bool IsNullable, ValueShape? Element)
{
    public static ValueShape Of(Type type, NullabilityInfo nullability, string where)
    {
        var nullable = Nullable.GetUnderlyingType(type);
        var plain = nullable ?? type;
        var isNullable = nullable is not null || (!plain.IsValueType && nullability.ReadState == NullabilityState.Nullable);
        if (plain.IsGenericType && plain.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            return new(ValueKind.List, plain, isNullable, Of(plain.GetGenericArguments()[0], nullability.GenericTypeArguments[0], where));
        }

        ValueKind? kind = plain switch
        {
            _ when plain == typeof(string) => ValueKind.Text,
            _ when plain == typeof(bool) => ValueKind.Boolean,
            _ when plain == typeof(int) || plain == typeof(long) => ValueKind.Integer,
            _ when plain == typeof(double) => ValueKind.Number,
            _ when plain.IsEnum => ValueKind.Enum,
            _ when plain == typeof(DateTimeOffset) => ValueKind.Time,
            _ when plain == typeof(TimeSpan) => ValueKind.Duration,
            _ when plain == typeof(IReadOnlyDictionary<string, string>) => ValueKind.Map,
            _ when RecordShape.IsRecord(plain) => ValueKind.Record,
            _ => null,
        };
        return kind is null
            ? throw new NotSupportedException($"{where} is a {plain}, which records do not hold: it would not survive JSON or CLIXML.")
            : new(kind.Value, plain, isNullable, null);
    }
}

/// <summary>One property of a record.</summary>
/// <param name="Property">The property.</param>
/// <param name="Value">Its type.</param>
/// <param name="IsRequired">Whether a record cannot be without it.</param>
/// <param name="Position">Its place among the constructor's parameters; -1 for a property that is set, or computed.</param>
internal sealed record PropertyShape(PropertyInfo Property, ValueShape Value, bool IsRequired, int Position)
{
    public string Name => Property.Name;

    /// <summary>False for counts and the like, which follow from the other properties.</summary>
    public bool IsStored => Position >= 0 || Property.CanWrite;
}

/// <summary>The properties of a record type, found once by reflection.</summary>
internal sealed class RecordShape
{
    // A memo of facts about types; nothing that a caller could see or change.
    private static readonly ConcurrentDictionary<Type, RecordShape> Shapes = new();

    private readonly ConstructorInfo _constructor;

    private RecordShape(Type type)
    {
        Type = type;
        _constructor = type.GetConstructors(BindingFlags.Public | BindingFlags.Instance).MinBy(c => c.GetParameters().Length)
            ?? throw new NotSupportedException($"{type} has no public constructor.");
        var parameters = _constructor.GetParameters().Select(p => p.Name).ToArray();
        var nullability = new NullabilityInfoContext();
        Properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p =>
        {
            var position = Array.IndexOf(parameters, p.Name);
            return new PropertyShape(p, ValueShape.Of(p.PropertyType, nullability.Create(p), $"{type.Name}.{p.Name}"),
                position >= 0 || p.IsDefined(typeof(RequiredMemberAttribute)), position);
        }).ToArray();
        ParameterCount = parameters.Length;
    }

    public Type Type { get; }

    public IReadOnlyList<PropertyShape> Properties { get; }

    public int ParameterCount { get; }

    public static bool IsRecord(Type type) => type.IsClass && type.IsSealed && type.Assembly == typeof(RecordShape).Assembly
        && type.GetMethod("<Clone>$") is not null;

    /// <exception cref="ArgumentException">The type is no record of this assembly.</exception>
    public static RecordShape Of(Type type) => IsRecord(type)
        ? Shapes.GetOrAdd(type, static t => new RecordShape(t))
        : throw new ArgumentException($"{type} is not a record of PatchContainers.", nameof(type));

    public object Create(object?[] arguments) => _constructor.Invoke(arguments);
}
